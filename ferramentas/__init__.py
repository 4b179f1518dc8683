"""O que só usa quem mantém o projeto: `python -m ferramentas.reexecutar`, …"""
