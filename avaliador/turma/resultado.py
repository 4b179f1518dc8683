"""O que se concluiu de uma entrega, numa forma que se grava, se lê de volta e vira linha da tabela."""

import json
import os
import pathlib
from dataclasses import asdict, dataclass, field

from .. import relatorio
from ..veredito import ENUNCIADO, ESPECIFICACAO, FALHOU, NAO_DEU, OK, TOLERADO

ALVOS = ("servidor", "cliente")
FINAL = ".resultado.json"


@dataclass(frozen=True)
class Julgado:
    """Um programa julgado: o que a `Avaliacao` diz, em dados, em texto e em HTML.

    arquivo: o que foi executado, a partir da entrega.
    porque: por que este.
    rivais: os outros que podiam ser.
    """

    dado: dict
    texto: str
    pagina: str
    arquivo: str = ""
    porque: str = ""
    rivais: tuple = ()

    @classmethod
    def de(cls, avaliacao, programa):
        """O que guardar de uma `Avaliacao`."""
        dado = json.loads(json.dumps(avaliacao.como_dado()))
        escolha = (programa.arquivo, programa.porque, tuple(programa.rivais))
        return cls(dado, relatorio.em_texto(avaliacao), relatorio.em_html(avaliacao), *escolha)

    @property
    def aprovado(self):
        """Cumpre o enunciado?"""
        return self.dado["aprovado"]

    def nota(self, regua):
        """De 0 a 10; None se algum caso não deu para julgar, ou se nada se aplica."""
        return self.dado["notas"].get(regua)

    def nota_escrita(self, regua):
        """A nota, o intervalo em que ela está, ou um traço."""
        minimo, maximo = (self.dado["notas"].get(nome, {}).get(regua) for nome in ("minimo", "maximo"))
        if minimo is None:
            return "–"
        minimo, maximo = (f"{n:.1f}".replace(".", ",") for n in (minimo, maximo))
        return minimo if minimo == maximo else f"{minimo} a {maximo}"

    def falhas(self, reguas=(ENUNCIADO, ESPECIFICACAO)):
        """Os nomes dos casos que falharam; de um programa em que nada passou, por quê."""
        vereditos = self.dado["vereditos"]
        if not any(v["situacao"] in (OK, TOLERADO) for v in vereditos):
            return [v["explicacao"] for v in vereditos if v["situacao"] == FALHOU][:1]
        return [v["caso"] for v in vereditos if v["situacao"] == FALHOU and v["regua"] in reguas]

    @property
    def duvida(self):
        """Algum caso do enunciado não deu para julgar?"""
        return any(v["regua"] == ENUNCIADO and v["situacao"] == NAO_DEU for v in self.dado["vereditos"])


@dataclass(frozen=True)
class Resultado:
    """O que se concluiu de uma entrega.

    entrega: o nome do aluno, do grupo ou da pasta.
    avaliacoes: {"servidor": `Julgado`, "cliente": `Julgado`}, só os que puderam ser examinados.
    avisos: {"servidor": por que não foi examinado, …}; a chave "entrega" vale para os dois.
    identificador: o número do participante no Moodle, ou "".
    pasta_do_moodle: com que nome se devolve o comentário.
    impressoes: {arquivo: impressão digital do código sem espaços nem comentários}, para achar entregas iguais.
    conteudo: a impressão digital do que foi entregue, para saber se ainda é o mesmo.
    """

    entrega: str
    avaliacoes: dict
    avisos: dict
    identificador: str = ""
    pasta_do_moodle: str = ""
    impressoes: dict = field(default_factory=dict)
    conteudo: str = ""

    @property
    def aprovada(self):
        """Os dois programas cumprem o enunciado?"""
        return len(self.avaliacoes) == len(ALVOS) and all(j.aprovado for j in self.avaliacoes.values())

    @property
    def nota(self):
        """A média das duas notas do enunciado; None se falta alguma, ou se ela é um intervalo."""
        notas = [self.avaliacoes[alvo].nota(ENUNCIADO) if alvo in self.avaliacoes else None for alvo in ALVOS]
        return None if None in notas else round(sum(notas) / len(notas), 2)

    @property
    def duvida(self):
        """Algum caso do enunciado não deu para julgar?"""
        return any(julgado.duvida for julgado in self.avaliacoes.values())

    @property
    def conferir(self):
        """É preciso olhar à mão?"""
        return self.nota is None or bool(self.avisos) or self.duvida or any(j.rivais for j in self.avaliacoes.values())

    @property
    def ditos(self):
        """Os avisos, cada um numa frase que diz de que programa fala."""
        return [a if alvo == "entrega" or alvo in a else f"{alvo}: {a}" for alvo, a in self.avisos.items()]

    def gravar(self, pasta, nome):
        """Grava-se na pasta, de uma vez: um corte de luz não deixa meio resultado."""
        caminho = pathlib.Path(pasta) / f"{nome}{FINAL}"
        novo = caminho.with_name(caminho.name + ".novo")
        novo.write_text(json.dumps(asdict(self), ensure_ascii=True), encoding="utf-8")
        os.replace(novo, caminho)

    @classmethod
    def de_dado(cls, dado):
        """O resultado que se tinha posto num dicionário, com `dataclasses.asdict`."""
        avaliacoes = {alvo: Julgado(**j | {"rivais": tuple(j["rivais"])}) for alvo, j in dado["avaliacoes"].items()}
        return cls(**dado | {"avaliacoes": avaliacoes})

    @classmethod
    def ler(cls, pasta, nome):
        """O resultado gravado com este nome; None se não há, ou se não se entende."""
        try:
            return cls.de_dado(json.loads((pathlib.Path(pasta) / f"{nome}{FINAL}").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
