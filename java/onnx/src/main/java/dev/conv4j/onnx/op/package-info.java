/** What operators are made of, and the table of them; each family has a package below. */
package dev.conv4j.onnx.op;
