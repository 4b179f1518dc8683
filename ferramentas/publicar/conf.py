"""A configuração do Sphinx; quem a usa é ../site.py."""

project = "parimpar"
author = "parimpar"
project_copyright = "os autores do parimpar"
language = "pt_BR"
extensions = ["myst_nb"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header", "misc.highlighting_failure"]
nb_execution_mode = "off"
nb_merge_streams = True
nb_remove_code_outputs = False
html_theme = "sphinx_book_theme"
html_title = "parimpar"
html_static_path = ["_static"]
html_css_files = ["parimpar.css", "impresso.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_source_button": False,
    "use_repository_button": False,
    "home_page_in_toc": True,
}
pygments_style = "a11y-high-contrast-light"
html_context = {"default_mode": "auto"}
