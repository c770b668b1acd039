package bench;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Spring Cloud Gateway with one route and no filter of its own. Ports come as --server.port=N --upstream=http://host:port. */
@SpringBootApplication
public class Scg {
  public static void main(String[] args) {
    SpringApplication.run(Scg.class, args);
  }
}
