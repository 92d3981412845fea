/**
 * What a device may do beside convolutions so that whole networks stay on it: one problem record
 * for each family of operators. All elements are f32; arrays are dense and row-major unless a
 * problem says otherwise.
 */
package dev.conv4j.spi.operator;
