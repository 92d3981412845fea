package dev.conv4j.cpu;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.testkit.BudgetConformance;

class CpuBudgetTest extends BudgetConformance {
  @Override
  protected BackendProvider provider() {
    return new CpuBackend();
  }
}
