/** The pool every device's memory goes through, and the resources that stack with it. */
package dev.conv4j.memory;
