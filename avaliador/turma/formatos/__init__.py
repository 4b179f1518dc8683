"""As formas em que o resultado sai: para o Moodle, e para outros corretores."""
