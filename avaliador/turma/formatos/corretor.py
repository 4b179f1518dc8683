"""O relatório de um programa nas formas que outros corretores leem: Gradescope, VPL (do Moodle) e JUnit.

Cada função recebe o dicionário de `Avaliacao.como_dado()`, que é público, e devolve o texto. A nota é a do enunciado;
os casos da especificação aparecem, e não contam. O que não deu para julgar também não conta, e pede que se confira à
mão: um zero só se escreve de quem foi visto falhando.
"""

import json
import re
from xml.etree import ElementTree

from ...veredito import ENUNCIADO, FALHOU, NAO_DEU, NAO_SE_APLICA, OK, TOLERADO

PONTOS = 10.0  # quanto vale o enunciado inteiro
CONFERIR = "Algum caso não pôde ser julgado: confira à mão, ou repita o exame."


def gradescope(dado):
    """O `results.json` do Gradescope: um teste por caso, numerado com o código do requisito."""
    vale = _quanto_vale_cada(dado)
    testes = []
    for v in dado["vereditos"]:
        conta = v["regua"] == ENUNCIADO and v["situacao"] in (OK, TOLERADO, FALHOU)
        teste = {
            "number": v["codigo"], "name": f"{v['titulo']} ({v['caso']})", "output": _texto(v), "output_format": "text",
            "max_score": vale if conta else 0.0, "score": round(vale * _feito(v), 4) if conta else 0.0,
            "tags": [v["regua"]], "visibility": "visible",
        }  # fmt: skip
        if v["situacao"] in (OK, TOLERADO, FALHOU):  # sem ele, o Gradescope o tira da nota
            teste["status"] = "failed" if v["situacao"] == FALHOU else "passed"
        testes.append(teste)
    duvida = f" {CONFERIR}" if _duvida(dado) else ""
    resultado = {
        "score": round(sum(t["score"] for t in testes), 2), "execution_time": round(dado["segundos"]),
        "output": f"{'. '.join(map(_uma_linha, dado['perfil']))}.{duvida}", "output_format": "text",
        "visibility": "visible", "tests": testes,
    }  # fmt: skip
    return json.dumps(resultado, ensure_ascii=False, indent=1) + "\n"


def vpl(dado):
    """O que o VPL lê da saída de `vpl_evaluate.sh`: um bloco de comentário e, por último, a nota."""
    linhas = ["<|--", f"-Avaliação do {dado['alvo']}"]
    linhas += [f"> {_uma_linha(frase)}" for frase in dado["perfil"]]
    for v in dado["vereditos"]:
        linhas.append(f"-{v['codigo']} {v['titulo']}: {v['situacao']}")
        if v["situacao"] in (FALHOU, TOLERADO, NAO_DEU):
            # Com o > na frente, nenhuma linha do programa é tomada por uma do VPL.
            linhas += [f"> {_uma_linha(linha)}" for linha in _texto(v).splitlines()]
    linhas.append("--|>")
    if _duvida(dado):
        linhas.append(f"Comment :=>>{CONFERIR}")
    nota = _nota(dado)
    if nota is not None:
        linhas.append(f"Grade :=>>{nota:.2f}")
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


def _contam(dado):
    return [v for v in dado["vereditos"] if v["regua"] == ENUNCIADO and v["situacao"] in (OK, TOLERADO, FALHOU)]


def _quanto_vale_cada(dado):
    return round(PONTOS / max(len(_contam(dado)), 1), 4)


def _feito(veredito):
    return 0.0 if veredito["situacao"] == FALHOU else veredito.get("vale", 1.0)


def _nota(dado):
    contam = _contam(dado)
    return PONTOS * sum(map(_feito, contam)) / len(contam) if contam else None


def _duvida(dado):
    return any(v["regua"] == ENUNCIADO and v["situacao"] == NAO_DEU for v in dado["vereditos"])


def _texto(v):
    """O que se diz de um caso, em linhas; sem caracteres que o XML não aceita."""
    linhas = [v["explicacao"], *v["passos"], *v["comparacao"].splitlines()]
    linhas += [f"Causa e cura: {v['causa']}"] if v["causa"] else []
    return "\n".join(_uma_linha(linha) for linha in linhas if linha)


def _uma_linha(texto):
    # Já vem sem caracteres de controle; aqui também não passa uma quebra de linha, nem o que o XML proíbe.
    return re.sub(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", str(texto))
