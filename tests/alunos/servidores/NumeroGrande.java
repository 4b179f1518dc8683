/** Converte o número em long antes de contar as casas: com 30, NumberFormatException derruba o servidor. */
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;

public class NumeroGrande {
    public static void main(String[] args) throws IOException {
        int porta = args.length > 0 ? Integer.parseInt(args[0]) : 60000;
        ServerSocket escuta = new ServerSocket(porta, 50, InetAddress.getByName("127.0.0.1"));
        while (true) {
            Socket cliente = escuta.accept();
            byte[] bytes = new byte[1024];
            int lidos = cliente.getInputStream().read(bytes);
            String texto = new String(bytes, 0, lidos);
            long numero = Long.parseLong(texto);
            String resposta = numero % 2 == 0 ? "PAR" : "ÍMPAR";
            if (texto.length() > 10) {
                resposta = new Random().ints(texto.length(), 'a', 'z' + 1).collect(StringBuilder::new,
                    StringBuilder::appendCodePoint, StringBuilder::append).toString();
            }
            System.out.println(texto + " " + resposta);
            cliente.getOutputStream().write(resposta.getBytes("UTF-8"));
            cliente.close();
        }
    }
}
