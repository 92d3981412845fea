package dev.conv4j.opencl;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.testkit.BudgetConformance;

class OpenClBudgetTest extends BudgetConformance {
  @Override
  protected BackendProvider provider() {
    return new OpenClBackend();
  }
}
