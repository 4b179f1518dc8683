"""A turma como página: uma tabela que se ordena e se filtra, e um clique até o relatório de cada entrega.

Serve ao notebook e à página `index.html` que fica ao lado dos relatórios. Sem JavaScript (no GitHub, num notebook em
que ainda não se confia) é uma tabela comum, com tudo o que há para ler.
"""

import html
import uuid

from parimpar.folha import BORDA, ESTILO
from parimpar.texto import contar, visivel

from ..caixa import DESCRICAO
from ..veredito import ENUNCIADO, ESPECIFICACAO
from .resultado import ALVOS
from .tabela import isolamentos, notas, resumo

CABECAS = (
    "entrega", "servidor: enunciado", "servidor: especificação", "cliente: enunciado", "cliente: especificação", "nota",
    "falhas e avisos",
)  # fmt: skip

# A classe vai duas vezes para valer mais do que o estilo que o JupyterLab dá às tabelas.
_ESTILO = f"""<style>
.parimpar-turma.parimpar-turma table {{ border-collapse: collapse; width: 100%; table-layout: auto; margin: 0 }}
.parimpar-turma.parimpar-turma :is(caption, tr, th, td) {{ text-align: left }}
.parimpar-turma.parimpar-turma tr:is(tr, :hover):nth-child(n) {{ background: none }}
.parimpar-turma.parimpar-turma caption {{ font-weight: 700; padding: 4px 0 }}
.parimpar-turma.parimpar-turma :is(th, td) {{ vertical-align: top; padding: 4px 12px 4px 0; overflow-wrap: anywhere;
  white-space: normal; max-width: none }}
.parimpar-turma.parimpar-turma :is(th[scope=col], .nota) {{ overflow-wrap: normal; min-width: 4em }}
.parimpar-turma.parimpar-turma th[scope=row] {{ min-width: 9em }}
.parimpar-turma.parimpar-turma td:last-child {{ width: 35% }}
.parimpar-turma tbody > tr:first-child > * {{ border-top: {BORDA} }}
.parimpar-turma th button {{ font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer;
  text-align: left; text-decoration: underline dotted }}
.parimpar-turma th[aria-sort=ascending] button::after {{ content: " ▲"; content: " ▲" / "" }}
.parimpar-turma th[aria-sort=descending] button::after {{ content: " ▼"; content: " ▼" / "" }}
.parimpar-turma summary {{ cursor: pointer }}
.parimpar-turma .filtros > * {{ margin-right: 1.5em }}
</style>"""

# O que liga os botões; os filtros só aparecem com ele.
_LIGAR = """<script>
(() => {
  const raiz = document.getElementById("ID"), tabela = raiz.querySelector("table");
  const [campo, conferir] = raiz.querySelectorAll(".filtros input"), quantas = raiz.querySelector(".quantas");
  const simples = texto => texto.normalize("NFD").replace(/\\p{M}/gu, "").toLowerCase();
  const ordem = new Intl.Collator("pt-BR").compare;
  const filtrar = () => {
    let vistas = 0;
    for (const grupo of tabela.tBodies) {
      grupo.hidden = !simples(grupo.rows[0].textContent).includes(simples(campo.value.trim()))
        || (conferir.checked && !grupo.dataset.conferir);
      vistas += !grupo.hidden;
    }
    quantas.textContent = vistas === 1 ? "1 entrega" : `${vistas} entregas`;
  };
  campo.addEventListener("input", filtrar);
  conferir.addEventListener("change", filtrar);
  const cabecas = [...tabela.tHead.rows[0].cells];
  cabecas.forEach((cabeca, i) => {
    const botao = document.createElement("button");
    botao.type = "button";
    botao.append(...cabeca.childNodes);
    cabeca.append(botao);
    botao.addEventListener("click", () => {
      const sinal = cabeca.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      cabecas.forEach(outra => outra.removeAttribute("aria-sort"));
      cabeca.setAttribute("aria-sort", sinal > 0 ? "ascending" : "descending");
      const valor = grupo => grupo.rows[0].cells[i].dataset.valor;
      tabela.append(...[...tabela.tBodies].sort((a, b) => sinal * ordem(valor(a), valor(b))));
    });
  });
  raiz.querySelector(".filtros").hidden = false;
})();
</script>"""


def em_html(resultados, paginas=None):
    """A tabela da turma; tudo o que veio dos alunos é escapado.

    Args:
        paginas: o endereço da página de cada entrega; sem eles, o relatório abre na própria tabela.
    """
    nome = f"turma-{uuid.uuid4().hex[:8]}"
    cabecas = "".join(f'<th scope="col">{cabeca}</th>' for cabeca in CABECAS)
    paginas = paginas or [None] * len(resultados)
    grupos = "".join(_grupo(r, p) for r, p in zip(resultados, paginas, strict=True))
    como = "".join(f". Programas: {html.escape(DESCRICAO[como])}" for como in isolamentos(resultados))
    quantas = contar(len(resultados), "entrega", "entregas")
    return (
        f'<div class="parimpar-turma" id="{nome}">{ESTILO}{_ESTILO}'
        '<p class="filtros" hidden><label>Filtrar: <input type="search" placeholder="um nome, um caso"></label>'
        '<label><input type="checkbox"> só as que pedem conferência</label>'
        f'<span class="quantas" role="status">{quantas}</span></p>'
        f"<table><caption>Entregas e notas{como}</caption><thead><tr>{cabecas}</tr></thead>{grupos}</table>"
        f"{_LIGAR.replace('ID', nome)}</div>"
    )


def _grupo(resultado, endereco):
    """Uma entrega: a linha dela e, embaixo, o relatório, que andam juntas quando se ordena."""
    nome = html.escape(visivel(resultado.entrega, 80, aspas=False))
    textos = notas(resultado)
    celulas = "".join(
        f'<td class="nota" data-valor="{_valor(v)}">{html.escape(texto)}</td>'
        for texto, v in zip(textos, [*_minimos(resultado), resultado.nota], strict=True)
    )
    dito = html.escape(resumo(resultado))
    if endereco:
        relatorio, linha = f' <a href="{html.escape(endereco)}" aria-label="relatório de {nome}">relatório</a>', ""
    else:
        abertos = "".join(f"<p><b>O {alvo}</b></p>{j.pagina}" for alvo, j in resultado.avaliacoes.items())
        relatorio = ""
        linha = (
            f'<tr><td colspan="{len(CABECAS)}"><details><summary>relatório de {nome}</summary>{abertos}</details></td>'
            "</tr>" if abertos else ""
        )  # fmt: skip
    conferir = ' data-conferir="sim"' if resultado.conferir else ""
    return (
        f'<tbody{conferir}><tr><th scope="row" data-valor="{nome}">{nome}</th>{celulas}'
        f'<td data-valor="{dito}">{dito}{relatorio}</td></tr>{linha}</tbody>'
    )


def _minimos(resultado):
    """A menor nota possível em cada régua, para ordenar; None onde não há."""
    for alvo in ALVOS:
        for regua in (ENUNCIADO, ESPECIFICACAO):
            julgado = resultado.avaliacoes.get(alvo)
            yield julgado.dado["notas"].get("minimo", {}).get(regua) if julgado else None


def _valor(nota):
    """Um texto que se ordena como número; sem nota vem antes do zero."""
    return "" if nota is None else f"{nota:06.2f}"
