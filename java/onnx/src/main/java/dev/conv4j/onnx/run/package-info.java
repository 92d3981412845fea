/** Running a network: steps, memory, and what is kept for each set of input shapes. */
package dev.conv4j.onnx.run;
