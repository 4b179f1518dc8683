/** Lê com readUTF e responde com writeUTF; trata o erro de cada cliente. */
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;

public class ServidorUTF {
    public static void main(String[] args) throws IOException {
        int porta = args.length > 0 ? Integer.parseInt(args[0]) : 60000;
        Random sorteio = new Random();
        try (ServerSocket escuta = new ServerSocket(porta, 50, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                try (Socket cliente = escuta.accept()) {
                    String numero = new DataInputStream(cliente.getInputStream()).readUTF();
                    StringBuilder letras = new StringBuilder();
                    for (int i = 0; i < numero.length(); i++) {
                        letras.append((char) ('a' + sorteio.nextInt(26)));
                    }
                    boolean par = (numero.charAt(numero.length() - 1) - '0') % 2 == 0;
                    String resposta = numero.length() > 10 ? letras.toString() : par ? "PAR" : "ÍMPAR";
                    System.out.println(numero + " " + resposta);
                    new DataOutputStream(cliente.getOutputStream()).writeUTF(resposta);
                } catch (IOException erro) {
                    System.out.println(erro);
                }
            }
        }
    }
}
