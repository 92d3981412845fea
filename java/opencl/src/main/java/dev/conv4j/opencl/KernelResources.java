package dev.conv4j.opencl;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a compiled kernel takes of its device, as far as the driver says.
 *
 * @param localBytes local memory of a work-group
 * @param privateBytes memory of a work-item beyond its registers, by the driver's reckoning
 * @param groupLimit the largest work-group it can run in
 * @param groupMultiple the number of work-items that run in step, more or less
 * @param assembler registers and spills where they are known
 */
record KernelResources(
    long localBytes,
    long privateBytes,
    long groupLimit,
    long groupMultiple,
    Optional<AssemblerLog> assembler) {

  /** Returns this as an explanation shows it. */
  Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("local memory", localBytes + " bytes");
    facts.put("private memory", privateBytes + " bytes");
    facts.put("work-group", "up to " + groupLimit + ", best a multiple of " + groupMultiple);
    assembler.ifPresent(known -> {
      facts.put("registers", Integer.toString(known.registers()));
      facts.put("spilled registers", known.spilledBytes() + " bytes");
    });
    return facts;
  }
}
