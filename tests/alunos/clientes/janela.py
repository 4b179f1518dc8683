"""Abre uma janela, e só conversa quando se aperta o botão."""

import tkinter

janela = tkinter.Tk()
tkinter.Button(janela, text="Enviar").pack()
janela.mainloop()
