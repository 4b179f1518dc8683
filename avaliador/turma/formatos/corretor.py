"""O relatório de um programa nas formas que outros corretores leem: Gradescope, VPL (do Moodle) e JUnit.

Cada função recebe o dicionário de `Avaliacao.como_dado()`, que é público, e devolve o texto. A nota é a do enunciado;
os casos da especificação aparecem, e não contam. O que não deu para julgar não aumenta a nota: o Gradescope recebe a menor
possível, com o intervalo por escrito, e o VPL nenhuma. Um zero só se escreve de quem foi visto falhando.
"""

import json
import re
from xml.etree import ElementTree

from ...veredito import ENUNCIADO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO

PONTOS = 10.0  # quanto vale o enunciado inteiro
JULGADOS = (OK, TOLERADO, FALHOU)
CONFERIR = "Algum caso não pôde ser julgado: confira à mão, ou repita o exame."


def gradescope(dado):
    """O `results.json` do Gradescope: um teste por caso, numerado com o código do requisito."""
    vale, notas = round(PONTOS / max(len(_contam(dado)), 1), 4), _notas(dado)
    testes = []
    for v in dado["vereditos"]:
        teste = {
            "number": v["codigo"], "name": f"{v['titulo']} ({v['caso']})", "output": _texto(v), "output_format": "text",
            "max_score": vale if _conta(v) else 0.0, "tags": [v["regua"]], "visibility": "visible",
        }  # fmt: skip
        if notas:  # sem nenhuma nota, o Gradescope diz que o exame não se fez, e não que a nota é zero
            teste["score"] = round(vale * _feito(v), 4) if _conta(v) else 0.0
        if v["situacao"] in JULGADOS:
            teste["status"] = "failed" if v["situacao"] == FALHOU else "passed"
        testes.append(teste)
    resultado = {
        "execution_time": round(dado["segundos"]), "output_format": "text", "visibility": "visible",
        "output": f"{'. '.join(map(_uma_linha, dado['perfil']))}.{_duvida(notas)}", "tests": testes,
    }  # fmt: skip
    if notas:
        resultado["score"] = round(notas[0], 2)
    return json.dumps(resultado, ensure_ascii=False, indent=1) + "\n"


def vpl(dado):
    """O que o VPL lê da saída de `vpl_evaluate.sh`: um bloco de comentário e, por último, a nota, se não há dúvida dela."""
    linhas = ["<|--", f"-Avaliação do {dado['alvo']}"]
    linhas += [f"> {_uma_linha(frase)}" for frase in dado["perfil"]]
    for v in dado["vereditos"]:
        linhas.append(f"-{v['codigo']} {v['titulo']}: {v['situacao']}")
        if v["situacao"] in (FALHOU, TOLERADO, NAO_DEU):
            # Com o > na frente, nenhuma linha do programa é tomada por uma do VPL.
            linhas += [f"> {_uma_linha(linha)}" for linha in _texto(v).splitlines()]
    linhas.append("--|>")
    notas = _notas(dado)
    if duvida := _duvida(notas):
        linhas.append(f"Comment :=>>{duvida.strip()}")
    else:
        linhas.append(f"Grade :=>>{notas[0]:.2f}")
    return "\n".join(linhas) + "\n"


def junit(dado):
    """O XML do JUnit: o que não se aplica, ou não deu para julgar, é um teste pulado."""
    vereditos = dado["vereditos"]
    falhas = sum(v["situacao"] == FALHOU for v in vereditos)
    pulados = sum(v["situacao"] in (NAO_DEU, NAO_SE_APLICA) for v in vereditos)
    conjunto = ElementTree.Element(
        "testsuite", name=f"parimpar {dado['alvo']}", tests=str(len(vereditos)), failures=str(falhas), errors="0",
        skipped=str(pulados), time=str(dado["segundos"]),
    )  # fmt: skip
    for v in vereditos:
        teste = ElementTree.SubElement(
            conjunto, "testcase", classname=f"parimpar.{dado['alvo']}.{v['regua']}", name=f"{v['codigo']} {v['caso']}"
        )
        if v["situacao"] == FALHOU:
            ElementTree.SubElement(teste, "failure", message=_uma_linha(v["explicacao"])).text = _texto(v)
        elif v["situacao"] in (NAO_DEU, NAO_SE_APLICA):
            ElementTree.SubElement(teste, "skipped", message=_uma_linha(f"{v['situacao']}: {v['explicacao']}"))
        elif v["situacao"] == TOLERADO:
            ElementTree.SubElement(teste, "system-out").text = _texto(v)
    ElementTree.indent(conjunto)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(conjunto, encoding="unicode")}\n'


FORMATOS = {"gradescope": gradescope, "junit": junit, "vpl": vpl}


def _conta(veredito):
    return veredito["regua"] == ENUNCIADO and veredito["situacao"] != NAO_SE_APLICA


def _contam(dado):
    return [v for v in dado["vereditos"] if _conta(v)]


def _feito(veredito):
    return veredito.get("vale", 1.0) if veredito["situacao"] in (OK, TOLERADO) else 0.0


def _notas(dado):
    """(a menor nota possível, a maior); None se nada se julgou."""
    contam = _contam(dado)
    if not any(v["situacao"] in JULGADOS for v in contam):
        return None
    feito, duvidas = sum(map(_feito, contam)), sum(v["situacao"] == NAO_DEU for v in contam)
    return tuple(PONTOS * quanto / len(contam) for quanto in (feito, feito + duvidas))


def _duvida(notas):
    """O que dizer da nota que não é certa; "" se ela é."""
    if notas and notas[0] == notas[1]:
        return ""
    entre = " A nota está entre {:.1f} e {:.1f}.".format(*notas).replace(".", ",", 2) if notas else ""
    return f"{entre} {CONFERIR}"


def _texto(v):
    """O que se diz de um caso, em linhas; sem caracteres que o XML não aceita."""
    linhas = [v["explicacao"], *v["passos"], *v["comparacao"].splitlines()]
    linhas += [f"Causa e cura: {v['causa']}"] if v["causa"] else []
    return "\n".join(_uma_linha(linha) for linha in linhas if linha)


def _uma_linha(texto):
    # Já vem sem caracteres de controle; aqui também não passa uma quebra de linha, nem o que o XML proíbe.
    return re.sub(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", str(texto))
