"""Termina com um erro antes de escutar."""

raise RuntimeError("esqueci de configurar")
