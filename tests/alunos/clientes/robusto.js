// Em JavaScript, em linha: junta até o \n, trata o 'error' e tenta de novo. Uso: node robusto.js [porta] [intervalo]
const net = require("net");
const porta = Number(process.argv[2] || 60000);
const intervalo = Number(process.argv[3] || 10) * 1000;

function sortear() {
  const casas = 1 + Math.floor(Math.random() * 30);
  let numero = String(1 + Math.floor(Math.random() * 9));
  while (numero.length < casas) numero += Math.floor(Math.random() * 10);
  return numero;
}

function volta() {
  const numero = sortear();
  const socket = net.connect(porta, "localhost", () => {
    console.log("enviado:", numero);
    socket.write(numero + "\n");
  });
  let resposta = "";
  socket.setEncoding("utf8");
  socket.setTimeout(5000, () => socket.destroy());
  socket.on("data", (dados) => {
    resposta += dados;
    if (!resposta.includes("\n")) return;
    const texto = resposta.trim().replace(/[\x00-\x1f\x7f]/g, "?");
    console.log("recebido:", texto, "FIM");
    socket.end(resposta.trim() + " FIM\n");
  });
  socket.on("error", (erro) => console.log("servidor fora do ar:", erro.code));
}

volta();
setInterval(volta, intervalo);
