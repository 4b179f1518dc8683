/** Certo pelo enunciado, em Java, com uma linha por mensagem; cai se o servidor está fora do ar. */
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;

public class Cliente {
    public static void main(String[] args) throws IOException, InterruptedException {
        int porta = args.length > 0 ? Integer.parseInt(args[0]) : 60000;
        double intervalo = args.length > 1 ? Double.parseDouble(args[1]) : 10;
        PrintStream tela = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Random sorteio = new Random();
        while (true) {
            StringBuilder numero = new StringBuilder().append(1 + sorteio.nextInt(9));
            for (int casas = sorteio.nextInt(30); casas > 0; casas--) {
                numero.append(sorteio.nextInt(10));
            }
            try (Socket socket = new Socket("localhost", porta)) {
                PrintStream saida = new PrintStream(socket.getOutputStream(), true, StandardCharsets.UTF_8);
                BufferedReader entrada =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                saida.print(numero + "\n");
                String resposta = entrada.readLine();
                tela.println(numero + " -> " + resposta + " FIM");
                saida.print(resposta + " FIM\n");
            }
            Thread.sleep((long) (intervalo * 1000));
        }
    }
}
