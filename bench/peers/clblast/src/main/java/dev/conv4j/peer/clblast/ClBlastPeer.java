package dev.conv4j.peer.clblast;

import dev.conv4j.Border;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.Optional;

/** CLBlast as it comes: with the parameters it ships for the device. */
abstract class ClBlastPeer implements Peer {

  private final String name;
  private final ClBlast.Route route;

  private ClBlastPeer(String name, ClBlast.Route route) {
    this.name = name;
    this.route = route;
  }

  /** Its own convolution. */
  public static final class ConvGemm extends ClBlastPeer {

    /** For the service loader. */
    public ConvGemm() {
      super("clblast", ClBlast.Route.CONVGEMM);
    }
  }

  /** Its im2col and its matrix product, image by image; the product alone for 1x1 filters. */
  public static final class Im2colGemm extends ClBlastPeer {

    /** For the service loader. */
    public Im2colGemm() {
      super("clblast-im2col", ClBlast.Route.IM2COL_GEMM);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Availability probe() {
    return ClBlast.probe();
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    return takes(task) ? Optional.of(new ClBlastContender(task, route)) : Optional.empty();
  }

  private static boolean takes(Task task) {
    Task.Format format = task.format();
    Convolution c = task.problem();
    return format.input() == DType.F32
        && format.filter() == DType.F32
        && format.output() == DType.F32
        && format.layout() == Layout.NCHW
        && c.rank() == 2
        && c.groups() == 1
        && c.border() == Border.ZEROS
        && c.padBegin().equals(c.padEnd());
  }
}
