// Em JavaScript: cada pedaço que chega é tomado por uma resposta inteira; sem 'error', cai sem servidor.
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
  const socket = net.connect(porta, "127.0.0.1", () => {
    console.log("enviado:", numero);
    socket.write(numero);
  });
  socket.on("data", (dados) => {
    const resposta = dados.toString();
    console.log("recebido:", resposta, "FIM");
    socket.end(resposta + " FIM");
  });
}

volta();
setInterval(volta, intervalo);
