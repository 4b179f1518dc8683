"""Usa um módulo que não está instalado nesta máquina."""

import modulo_que_a_disciplina_usa

modulo_que_a_disciplina_usa.servir()
