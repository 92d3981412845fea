package dev.conv4j.peer.clblast;

import dev.conv4j.Convolution;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** One convolution by CLBlast; its kernels are compiled by a first run. */
final class ClBlastContender implements Contender {

  private record Set(MemorySegment x, MemorySegment w, MemorySegment y) {}

  private final ClBlast library = ClBlast.load();
  private final OpenCl opencl = new OpenCl();
  private final Convolution problem;
  private final ClBlast.Route route;
  private final List<Set> sets = new ArrayList<>();
  private final long columnBytes;
  private final MemorySegment columns;

  ClBlastContender(Task task, ClBlast.Route route) {
    this.problem = task.problem();
    this.route = route;
    boolean needsColumns = route == ClBlast.Route.IM2COL_GEMM && !problem.isPointwise();
    this.columnBytes =
        needsColumns
            ? problem.channels()
                * problem.filter().product()
                * problem.output().product()
                * Float.BYTES
            : 0;
    this.columns = needsColumns ? opencl.buffer(columnBytes) : MemorySegment.NULL;
    long resultBytes = problem.outputShape().elements() * Float.BYTES;
    for (int i = 0; i < task.sets(); i++) {
      Set set =
          new Set(
              opencl.buffer(task.x().byteSize()),
              opencl.buffer(task.w().byteSize()),
              opencl.buffer(resultBytes));
      opencl.write(task.x(), set.x);
      opencl.write(task.w(), set.w);
      sets.add(set);
    }
    run(0);
  }

  @Override
  public void run(int set) {
    Set operands = sets.get(set);
    if (route == ClBlast.Route.CONVGEMM) {
      library.convgemm(problem, operands.x, operands.w, operands.y, opencl.queuePointer());
    } else {
      for (long image = 0; image < problem.batch(); image++) {
        library.im2colGemm(
            problem, image, operands.x, operands.w, columns, operands.y, opencl.queuePointer());
      }
    }
    opencl.finish();
  }

  @Override
  public void read(int set, MemorySegment y) {
    opencl.read(sets.get(set).y, y);
  }

  @Override
  public long scratchBytes() {
    return columnBytes;
  }

  @Override
  public void close() {
    for (Set set : sets) {
      opencl.release(set.x);
      opencl.release(set.w);
      opencl.release(set.y);
    }
    if (columnBytes > 0) {
      opencl.release(columns);
    }
    opencl.close();
  }
}
