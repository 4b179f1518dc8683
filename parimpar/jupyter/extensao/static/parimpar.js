// O JupyterLab arrumado para as aulas: o modo de projeção, a lista de arquivos recolhida em telas estreitas, nenhum
// notebook marcado como modificado só por ter sido aberto, e em português também o que o JupyterLab não traduz.
//
// O JupyterLab carrega este arquivo como está: não há nada a compilar. O que ele espera de uma extensão já
// pronta é um recipiente em `window._JUPYTERLAB`, com `init` e `get`.

const TELA_ESTREITA = 1366; // pixels: até aqui a lista de arquivos toma largura demais da aula
const PROJETANDO = "parimpar:projetando"; // no localStorage, enquanto as barras estão escondidas
const DO_KERNEL = ["kernelspec", "language_info"]; // o que o kernel escreve no notebook ao ligar-se a ele

function projetando() {
  return document.body.classList.contains("parimpar-projecao");
}

/** Entra no modo de projeção ou sai dele; o que muda na aparência está em parimpar.css. */
function projetar(lab) {
  const ligar = document.body.classList.toggle("parimpar-projecao");
  mostrarBarras(lab.shell, !ligar);
  // O JupyterLab guarda as barras escondidas de uma vez para a outra, e o modo de projeção não se guarda.
  localStorage.setItem(PROJETANDO, ligar ? "sim" : "");
  lab.commands.notifyCommandChanged("parimpar:projecao");
}

/** Mostra ou esconde os menus, as barras laterais e a de baixo. */
function mostrarBarras(shell, mostrar) {
  if (!shell.toggleSideTabBarVisibility) return; // o Notebook 7 não tem barras
  if (!mostrar) {
    shell.collapseLeft();
    shell.collapseRight();
  }
  for (const lado of ["left", "right"]) {
    if (shell.isSideTabBarVisible(lado) !== mostrar) shell.toggleSideTabBarVisibility(lado);
  }
  for (const area of ["top", "menu", "bottom"]) {
    for (const barra of shell.widgets(area)) barra.parent.setHidden(!mostrar);
  }
}

/** Recolhe a lista de arquivos, a não ser que o leitor já tenha arrumado a tela do seu jeito; e desfaz a projeção de antes. */
async function arrumarATela(shell) {
  const guardado = await shell.restored;
  if (localStorage.getItem(PROJETANDO)) mostrarBarras(shell, true);
  if (guardado?.fresh && window.innerWidth <= TELA_ESTREITA) shell.collapseLeft();
}

/** O kernel escreve no notebook a versão do Python: isso não é uma mudança do leitor. */
function abrirSemModificar(modelo) {
  modelo.metadataChanged.connect((_, { key, oldValue, newValue }) => {
    if (!modelo.dirty && DO_KERNEL.includes(key) && oldValue?.name === newValue?.name) {
      queueMicrotask(() => { modelo.dirty = false; }); // o JupyterLab o marca depois deste aviso
    }
  });
}

/** Traduz o que o JupyterLab escreve sem consultar o tradutor. */
function traduzirOResto() {
  for (const atalho of document.querySelectorAll(".jp-skiplink a")) atalho.textContent = "Pular para o conteúdo";
  const nomear = () => {
    for (const secao of document.querySelectorAll("[aria-label$=' Section']")) {
      secao.setAttribute("aria-label", secao.getAttribute("aria-label").replace(/ Section$/, ""));
    }
  };
  const laterais = document.querySelectorAll("#jp-left-stack, #jp-right-stack");
  for (const lateral of laterais) new MutationObserver(nomear).observe(lateral, { childList: true, subtree: true });
  nomear();
}

/**
 * Faz da resposta do painel o que o leitor de tela lê quando muda. O ipywidgets troca o conteúdo da caixa, mas não deixa
 * pôr atributos nela; a animação de um instante, em parimpar.css, avisa que ela nasceu.
 */
function anunciarRespostas({ animationName, target }) {
  if (animationName === "parimpar-nasceu") target.setAttribute("aria-live", "polite");
}

function aulas({ ITranslator, nullTranslator }) {
  return {
    id: "parimpar:aulas",
    autoStart: true,
    requires: [ITranslator],
    activate(lab, tradutor) {
      // Vários botões são criados com o tradutor que nada traduz, porque o JupyterLab se esquece de lhes dar o outro.
      nullTranslator.load = (dominio) => tradutor.load(dominio);
      lab.commands.addCommand("parimpar:projecao", {
        label: "Projetar",
        caption: "Modo de projeção: letras maiores e nenhuma barra",
        isToggleable: true,
        isToggled: projetando,
        execute: () => projetar(lab),
      });
      document.addEventListener("animationstart", anunciarRespostas);
      lab.restored.then(traduzirOResto).then(() => arrumarATela(lab.shell));
      lab.docRegistry.addWidgetExtension("Notebook", { createNew: (_, contexto) => abrirSemModificar(contexto.model) });
    },
  };
}

const AQUI = document.currentScript.src;

function carregarEstilo() {
  const folha = document.createElement("link");
  Object.assign(folha, { rel: "stylesheet", href: new URL("parimpar.css", AQUI) });
  document.head.append(folha);
  return {};
}

let compartilhado; // os módulos do JupyterLab, por nome e versão

(window._JUPYTERLAB ??= {}).parimpar = {
  init(modulos) {
    compartilhado = modulos;
  },
  async get(parte) {
    if (parte === "./style") return carregarEstilo;
    const [traducao] = Object.values(compartilhado["@jupyterlab/translation"]);
    const modulo = await traducao.get();
    return () => [aulas(modulo())];
  },
};
