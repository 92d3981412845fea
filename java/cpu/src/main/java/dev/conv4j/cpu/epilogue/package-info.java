/** What is fused behind the sums, in one place for every algorithm. */
package dev.conv4j.cpu.epilogue;
