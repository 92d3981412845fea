package dev.conv4j.testkit;

import dev.conv4j.spi.BackendProvider;

class ScatterBudgetTest extends BudgetConformance {
  @Override
  protected BackendProvider provider() {
    return new ScatterBackend();
  }
}
