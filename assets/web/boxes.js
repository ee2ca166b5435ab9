// Lines, blocks and dots drawn as shapes, so that they meet from cell to cell whatever the font: Unicode's Box Drawing (2500), Block
// Elements (2580) and Braille (2800). drawBox says whether it drew `code`.

// Arms of each line: left, right, up, down; 1 is light, 2 heavy, 3 double.
const ARMS = {};
function arms(text, pattern) {
  [...text].forEach((c, i) => { ARMS[c.codePointAt(0)] = pattern[i].split('').map(Number); });
}
arms('─━│┃┌┐└┘├┤┬┴┼', ['1100', '2200', '0011', '0022', '0101', '1001', '0110', '1010', '0111', '1011', '1101', '1110', '1111']);
arms('╭╮╰╯╴╵╶╷╸╹╺╻', ['0101', '1001', '0110', '1010', '1000', '0010', '0100', '0001', '2000', '0020', '0200', '0002']);
arms('┏┓┗┛┣┫┳┻╋', ['0202', '2002', '0220', '2020', '0222', '2022', '2202', '2220', '2222']);
arms('═║╔╗╚╝╠╣╦╩╬', ['3300', '0033', '0303', '3003', '0330', '3030', '0333', '3033', '3303', '3330', '3333']);
const ROUND = { 0x256d: [1, 1], 0x256e: [-1, 1], 0x2570: [1, -1], 0x256f: [-1, -1] };
const DOTS = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]];

export function drawBox(ink, code, x, y, w, h) {
  if (code >= 0x2800 && code <= 0x28ff) return braille(ink, code - 0x2800, x, y, w, h);
  if (code >= 0x2580 && code <= 0x259f) return block(ink, code, x, y, w, h);
  if (ROUND[code]) return corner(ink, ROUND[code], x, y, w, h);
  const lines = ARMS[code];
  if (!lines) return false;
  const thin = Math.max(1, Math.round(w / 8));
  const midX = Math.floor(w / 2), midY = Math.floor(h / 2);
  const [left, right, up, down] = lines;
  const across = (from, to, weight) => bars(weight, thin).forEach(([off, size]) => ink.fillRect(x + from, y + midY + off, to - from, size));
  const along = (from, to, weight) => bars(weight, thin).forEach(([off, size]) => ink.fillRect(x + midX + off, y + from, size, to - from));
  const reach = thin * 2;
  if (left) across(0, midX + (up || down ? reach : thin), left);
  if (right) across(midX - (up || down ? thin : 0), w, right);
  if (up) along(0, midY + thin, up);
  if (down) along(midY - (left || right ? 0 : 0), h, down);
  return true;
}

// Where the strokes of a line lie beside its middle, and how thick they are, in device pixels.
function bars(weight, thin) {
  const middle = -Math.floor(thin / 2);
  if (weight === 2) return [[middle - Math.ceil(thin / 2), thin * 2]];
  if (weight === 3) return [[middle - thin, thin], [middle + thin, thin]];
  return [[middle, thin]];
}

function corner(ink, [dx, dy], x, y, w, h) {
  const thin = Math.max(1, Math.round(w / 8));
  const midX = x + Math.floor(w / 2) - Math.floor(thin / 2) + thin / 2, midY = y + Math.floor(h / 2) - Math.floor(thin / 2) + thin / 2;
  const radius = Math.floor(Math.min(w, h) / 2);
  ink.lineWidth = thin;
  ink.strokeStyle = ink.fillStyle;
  ink.beginPath();
  ink.moveTo(dx > 0 ? x + w : x, midY);
  ink.lineTo(midX + dx * radius, midY);
  ink.quadraticCurveTo(midX, midY, midX, midY + dy * radius);
  ink.lineTo(midX, dy > 0 ? y + h : y);
  ink.stroke();
  return true;
}

function block(ink, code, x, y, w, h) {
  const part = (fx, fy, tx, ty) => {
    const left = Math.round(w * fx), top = Math.round(h * fy);
    ink.fillRect(x + left, y + top, Math.round(w * tx) - left, Math.round(h * ty) - top);
  };
  if (code === 0x2580) part(0, 0, 1, 0.5);
  else if (code <= 0x2588) part(0, 1 - (code - 0x2580) / 8, 1, 1);
  else if (code <= 0x258f) part(0, 0, (0x2590 - code) / 8, 1);
  else if (code === 0x2590) part(0.5, 0, 1, 1);
  else if (code <= 0x2593) {
    const before = ink.globalAlpha;
    ink.globalAlpha = (code - 0x2590) / 4;
    part(0, 0, 1, 1);
    ink.globalAlpha = before;
  } else if (code === 0x2594) part(0, 0, 1, 1 / 8);
  else if (code === 0x2595) part(7 / 8, 0, 1, 1);
  else {
    // quadrants: upper left, upper right, lower left, lower right
    const set = [0b0010, 0b0001, 0b1000, 0b1011, 0b1001, 0b1110, 0b1101, 0b0100, 0b0110, 0b0111][code - 0x2596];
    if (set & 8) part(0, 0, 0.5, 0.5);
    if (set & 4) part(0.5, 0, 1, 0.5);
    if (set & 2) part(0, 0.5, 0.5, 1);
    if (set & 1) part(0.5, 0.5, 1, 1);
  }
  return true;
}

function braille(ink, bits, x, y, w, h) {
  const size = Math.max(1, Math.round(Math.min(w / 4, h / 8)));
  DOTS.forEach(([column, row], bit) => {
    if (!(bits & (1 << bit))) return;
    const cx = x + w * (column * 2 + 1) / 4, cy = y + h * (row * 2 + 1) / 8;
    ink.fillRect(Math.round(cx - size / 2), Math.round(cy - size / 2), size, size);
  });
  return true;
}
