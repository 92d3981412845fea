package dev.conv4j.cuda;

import dev.conv4j.testkit.OperatorConformance;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NothingIsFound.class)
class CudaOperatorsTest extends OperatorConformance {

  @Override
  protected String device() {
    return "cuda:0";
  }
}
