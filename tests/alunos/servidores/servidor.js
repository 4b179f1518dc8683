// Certo pelo enunciado, em JavaScript: cada pedaço que chega é tratado como outro número.
const net = require("net");
const porta = Number(process.argv[2] || 60000);

function responder(numero) {
  if (numero.length <= 10) return Number(numero) % 2 === 0 ? "PAR" : "ÍMPAR";
  const letras = "abcdefghijklmnopqrstuvwxyz";
  return Array.from(numero, () => letras[Math.floor(Math.random() * 26)]).join("");
}

net
  .createServer((cliente) => {
    cliente.on("data", (dados) => {
      const numero = dados.toString();
      const resposta = responder(numero);
      console.log(numero, resposta);
      cliente.write(resposta);
    });
  })
  .listen(porta, "127.0.0.1");
