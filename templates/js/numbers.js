// @ts-check
// How numbers are written: as rendering/numbers.py does it, three digits where nothing else is said.

/** @param {number} value */
export function digitsOf(value, digits = 3) {
  const rounded = Number(value.toPrecision(digits));
  if (!rounded) return "0";
  const size = Math.abs(rounded);
  const text = size >= 1e-4 && size < 1e6
    ? rounded.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size))))
    : rounded.toExponential(digits - 1).replace(/([+-])(\d)$/, "$10$2");
  return text.replaceAll("-", "−");
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
export const withSign = (value, digits) => (value > 0 ? "+" : "") + digitsOf(value, digits);
