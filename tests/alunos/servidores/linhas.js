// Junta os pedaços até o \n, em JavaScript, e responde em linha; um erro de um cliente não derruba os outros.
const net = require("net");
const readline = require("readline");
const porta = Number(process.argv[2] || 60000);

function responder(numero) {
  if (!/^[+-]?\d+$/.test(numero)) return "ERRO esperava um inteiro";
  const casas = numero.replace(/^[+-]/, "").length;
  if (casas <= 10) return BigInt(numero) % 2n === 0n ? "PAR" : "ÍMPAR";
  const letras = "abcdefghijklmnopqrstuvwxyz";
  return Array.from({ length: casas }, () => letras[Math.floor(Math.random() * 26)]).join("");
}

net
  .createServer((cliente) => {
    cliente.on("error", (erro) => console.log(erro.message));
    readline.createInterface({ input: cliente }).on("line", (linha) => {
      const texto = linha.trim();
      if (texto.endsWith("FIM")) return console.log("devolvido:", texto);
      const resposta = responder(texto);
      console.log(texto, resposta);
      cliente.write(resposta + "\n");
    });
  })
  .listen(porta, "127.0.0.1");
