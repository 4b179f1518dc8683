/** Em Java, com writeInt: 4 bytes, o mais alto primeiro;. Uso: ClienteDeInteiros [porta] [intervalo] */
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Random;

public class ClienteDeInteiros {
    public static void main(String[] args) throws InterruptedException {
        int porta = args.length > 0 ? Integer.parseInt(args[0]) : 60000;
        double intervalo = args.length > 1 ? Double.parseDouble(args[1]) : 10;
        Random sorteio = new Random();
        while (true) {
            try (Socket socket = new Socket("localhost", porta)) {
                int numero = sorteio.nextInt(1_000_000_000);
                new DataOutputStream(socket.getOutputStream()).writeInt(numero);
                System.out.println("enviado " + numero);
                byte[] resposta = new byte[1024];
                int lidos = new DataInputStream(socket.getInputStream()).read(resposta);
                String texto = new String(resposta, 0, lidos);
                System.out.println(texto + " FIM");
                socket.getOutputStream().write((texto + " FIM").getBytes());
            } catch (IOException erro) {
                System.out.println("fora do ar: " + erro.getMessage());
            }
            Thread.sleep((long) (intervalo * 1000));
        }
    }
}
