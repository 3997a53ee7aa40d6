// A reading as it is typed on the pad: the first digit of a temperature is assumed, its decimal point is placed.

/**
 * @param {string} digits What was typed. @param {boolean} tenths Whether it is a temperature.
 * @returns {{shown: string, value: string}} `value` is empty until it is whole.
 */
export function reading(digits, tenths) {
  if (!tenths) return { shown: digits, value: digits };
  const whole = /^[5-9]/.test(digits) ? `3${digits}` : digits;
  const shown = whole.length > 2 ? `${whole.slice(0, 2)}.${whole.slice(2)}` : whole.length === 2 ? `${whole}.` : whole;
  return { shown, value: whole.length === 3 ? shown : "" };
}

/** Says whether one more digit fits. @param {string} digits @param {string} digit @param {boolean} tenths */
export function fits(digits, digit, tenths) {
  if (!tenths) return digits.length < 3;
  if (!digits) return /[3-9]/.test(digit);
  return reading(digits, true).value === "";
}

/**
 * Why a reading is asked twice: `outside` cannot be saved at all; null is as expected.
 * @param {string} value @param {any} person @param {any} type
 * @returns {"outside" | "high" | "low" | "far" | null}
 */
export function doubt(value, person, type) {
  const number = Number(value);
  if (type.min !== undefined && (number < Number(type.min) || number > Number(type.max))) return "outside";
  if (person.screen && number >= Number(person.screen)) return "high";
  if (person.usual && person.above && number >= Number(person.usual) + Number(person.above)) return "high";
  if (type.low && number < Number(type.low)) return "low";
  return type.low && person.usual && Math.abs(number - Number(person.usual)) >= 1 ? "far" : null;
}
