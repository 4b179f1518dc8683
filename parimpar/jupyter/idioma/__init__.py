"""O que falta ao pacote de idioma oficial do JupyterLab, para nenhum pedaço da tela ficar em inglês.

Em pt_BR.json, cada texto em inglês e a sua tradução (duas, quando há singular e plural); um texto com contexto
o traz antes, separado por `\\u0004`, como no gettext. O que o pacote oficial já traduz fica como está: numa versão
nova dele, a tradução que ele passar a ter é a que vale.

O JupyterLab tem um lugar para isto, o `jupyterlab.locale`, mas só junta os dois quando o número da versão do oficial é um
número, e no pt-BR não é. Por isso as funções do servidor que leem o pacote são embrulhadas aqui: a que manda os
textos ao navegador, a que lhe diz os idiomas que há, e a que traduz as configurações antes de mandá-las.
"""

import gettext
import json
from functools import wraps
from pathlib import Path

from jupyterlab_server import settings_utils, translation_utils, translations_handler

IDIOMA = "pt_BR"
# Do JupyterLab, do Notebook 7 e dos controles: os textos de um servem aos outros.
PRINCIPAL, OUTROS = "jupyterlab", ("notebook", "jupyterlab_widgets")

# Os títulos da barra das propriedades, que o servidor se esquece de traduzir com as outras configurações.
FORMULARIOS = r"jupyter\.lab\.metadataforms.*/(label|title)"

NOSSOS = {
    texto: [traducao] if isinstance(traducao, str) else traducao
    for texto, traducao in json.loads(Path(__file__).with_name(f"{IDIOMA}.json").read_text(encoding="utf-8")).items()
}


class _Nossos(gettext.NullTranslations):
    """Os nossos textos, procurados depois dos oficiais."""

    def gettext(self, message):
        return NOSSOS.get(message, [message])[0]

    def pgettext(self, context, message):
        return (NOSSOS.get(f"{context}\x04{message}") or NOSSOS.get(message, [message]))[0]


def juntar(oficiais, nossos):
    """Os textos oficiais, e os nossos onde aqueles faltam ou estão vazios."""
    return nossos | {texto: traducao for texto, traducao in oficiais.items() if texto == "" or any(traducao)}


def completar():
    """Faz o servidor juntar os nossos textos aos do pacote oficial."""
    ler, listar = translations_handler.get_language_pack, translations_handler.get_language_packs
    atualizar = translation_utils.TranslationBundle.update_locale

    @wraps(ler)
    def ler_e_juntar(locale_):
        textos, queixas = ler(locale_)
        if locale_ == IDIOMA and PRINCIPAL in textos:
            textos[PRINCIPAL] = juntar(textos[PRINCIPAL], NOSSOS)
            for outro in OUTROS:
                textos[outro] = juntar(textos.get(outro, {}), textos[PRINCIPAL])
        return textos, queixas

    @wraps(listar)
    def listar_em_portugues(display_locale):
        return listar(IDIOMA)  # os nomes dos idiomas no menu

    @wraps(atualizar)
    def atualizar_e_juntar(pacote, locale_):
        atualizar(pacote, locale_)
        if locale_ == IDIOMA:
            pacote._translator.add_fallback(_Nossos())

    settings_utils.SYS_LOCALE = IDIOMA  # o das configurações de quem não escolheu outro
    translation_utils.DEFAULT_SCHEMA_SELECTORS[FORMULARIOS] = "settings"
    translations_handler.get_language_pack = ler_e_juntar
    translations_handler.get_language_packs = listar_em_portugues
    translation_utils.TranslationBundle.update_locale = atualizar_e_juntar
