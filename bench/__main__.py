"""python -m bench [--rapido] [o_que …]: cada medida ao lado de um par, e as metas; veja docs/desempenho.md."""

import argparse
import os
import sys
import time

from . import abrir, aulas, clique, exames, hostis, importar, mural, servidores


def importacao(rapido):
    metas = []
    for caso, (pacote, padrao) in importar.medir(5 if rapido else 15).items():
        print(f"{caso}: {pacote * 1e3:.1f} ms; só os módulos padrão que ele carrega: {padrao * 1e3:.1f} ms")
        razao = pacote / padrao
        metas.append((f"{caso}: ≤ 1,3× os módulos padrão", f"{razao:.2f}×", razao <= 1.3))
    return metas


def cliques(rapido):
    metas = []
    for situacao, carga in (("", 0), (", com um processador ocupado", 1)):
        medida = clique.medir(15 if rapido else 60, carga)
        if medida is None:
            print("Sem Chromium ou sem o Playwright: o clique não foi medido.")
            return []
        for quando, painel, botao in (("", *medida[:2]), (f", depois de {clique.TROCAS} trocas", *medida[2:])):
            for ate, do_painel, do_botao in zip(("a resposta chegar à página", "ela se ver"), painel, botao, strict=True):
                caso = f"clique{quando}{situacao}, até {ate}"
                print(f"{caso}: no painel, {do_painel:.1f} ms; num botão simples, {do_botao:.1f} ms")
                meta = 1.5 if carga else 1.2
                texto = f"{caso}: ≤ {meta}× um botão simples".replace(".", ",")
                metas.append((texto, f"{do_painel / do_botao:.2f}×", do_painel <= meta * do_botao))
    return metas


def abertura(rapido):
    medida = abrir.medir(2 if rapido else 5)
    if medida is None:
        print("Sem Chromium ou sem o Playwright: a abertura não foi medida.")
        return []
    aula, vazio = medida
    print(f"segunda abertura da aula 00: {aula:.1f} s; jupyter lab com um notebook vazio: {vazio:.1f} s")
    return [("segunda abertura ≤ 1,5× o jupyter lab sozinho", f"{aula / vazio:.2f}×", aula <= 1.5 * vazio)]


MEDIDAS = {
    "servidores": servidores.relatar,
    "mural": mural.relatar,
    "hostis": hostis.relatar,
    "importar": importacao,
    "clique": cliques,
    "abrir": abertura,
    "exames": exames.relatar,
    "aulas": aulas.relatar,
}


def main():
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("o_que", nargs="*", choices=[*MEDIDAS, []], metavar="o_que", help=", ".join(MEDIDAS))
    parser.add_argument("--rapido", action="store_true", help="menos rodadas: serve para ver, não para concluir")
    parser.add_argument("--segundos", type=float, help="quanto tempo a turma do mural conversa (padrão: 60)")
    opcoes = parser.parse_args()
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("o benchmark precisa do Linux: usa /proc e um processador para cada lado")
    inicio, metas = time.monotonic(), []
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processadores, carga {os.getloadavg()[0]:.1f}")
    for nome in opcoes.o_que or MEDIDAS:
        print(f"\n{nome}")
        duracao = {"segundos": opcoes.segundos} if nome == "mural" else {}
        metas += MEDIDAS[nome](opcoes.rapido, **duracao)
    print("\nMetas")
    for texto, valor, atende in metas:
        print(f"  {'✓' if atende else '✗'} {texto}: {valor}")
    print(f"\nDurou {time.monotonic() - inicio:.0f} s; carga no fim, {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    main()
