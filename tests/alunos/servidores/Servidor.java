/** Certo pelo enunciado, em Java, com os bytes crus; um cliente de cada vez. */
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;

public class Servidor {
    public static void main(String[] args) throws IOException {
        int porta = args.length > 0 ? Integer.parseInt(args[0]) : 60000;
        Random sorteio = new Random();
        try (ServerSocket escuta = new ServerSocket(porta, 50, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                try (Socket cliente = escuta.accept()) {
                    byte[] bytes = new byte[1024];
                    int lidos = cliente.getInputStream().read(bytes);
                    String numero = new String(bytes, 0, lidos, StandardCharsets.UTF_8);
                    String resposta = responder(numero, sorteio);
                    System.out.println(numero + " " + resposta);
                    cliente.getOutputStream().write(resposta.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }

    static String responder(String numero, Random sorteio) {
        if (numero.length() <= 10) {
            return Long.parseLong(numero) % 2 == 0 ? "PAR" : "IMPAR";
        }
        StringBuilder letras = new StringBuilder();
        for (int i = 0; i < numero.length(); i++) {
            letras.append((char) ('a' + sorteio.nextInt(26)));
        }
        return letras.toString();
    }
}
