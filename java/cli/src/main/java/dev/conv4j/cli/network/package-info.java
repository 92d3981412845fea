/** Networks on the command line: their inputs, their results, their tests. */
package dev.conv4j.cli.network;
