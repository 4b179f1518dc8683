// Usa um nome que não existe quando o número tem mais de 10 casas: ReferenceError derruba o servidor.
const net = require("net");
const porta = Number(process.argv[2] || 60000);

net
  .createServer((cliente) => {
    cliente.on("data", (dados) => {
      const numero = dados.toString();
      const resposta = numero.length > 10 ? sortear(numero.length) : Number(numero) % 2 === 0 ? "PAR" : "ÍMPAR";
      console.log(numero, resposta);
      cliente.end(resposta);
    });
  })
  .listen(porta, "localhost");
