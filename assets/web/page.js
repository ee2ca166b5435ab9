// The page: a WebSocket that brings cells and takes keys. It reconnects by itself; it holds no state that the server does not, but the
// token: in storage that belongs to this origin, its port included, and to this tab.
import { Cells } from '/canvas.js';

const $ = (id) => document.getElementById(id);
const screen = $('screen'), layer = $('text'), typed = $('typed'), banner = $('banner'), what = $('what'), again = $('again');
const cells = new Cells($('cells'), layer);
const NAMES = { ArrowUp: 'Up', ArrowDown: 'Down', ArrowLeft: 'Left', ArrowRight: 'Right', Escape: 'Esc', ' ': 'Space' };
const SAME = ['Enter', 'Tab', 'Backspace', 'Delete', 'Insert', 'Home', 'End', 'PageUp', 'PageDown'];
let socket = null, pause = 500, retry = 0, told = null, selecting = false;

// The link brings the token behind a #, which is never sent; from here on it is neither in the address nor in a bookmark.
let token = '';
function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get('token');
  history.replaceState(null, '', '/');
  try {
    if (found) sessionStorage.setItem('token', found);
    token = found || sessionStorage.getItem('token') || '';
  } catch { token = found || token; /* no storage: for as long as the page is open */ }
  return Boolean(found);
}
takeToken();
window.addEventListener('hashchange', () => {
  if (location.hash.length < 2 || !takeToken()) return;
  if (socket) socket.close(); else { pause = 500; connect(); }
});

function usualFont() {
  // on a narrow page as small as it takes for 45 columns, where list and pane take turns
  return Math.max(8, Math.min(14, Math.floor(window.innerWidth / 45 / 0.61)));
}
let font = Number(localStorage.getItem('font')) || usualFont();
cells.font(font);

function scale(by) {
  font = by === 0 ? usualFont() : Math.min(40, Math.max(6, font + by));
  if (by === 0) localStorage.removeItem('font'); else localStorage.setItem('font', font);
  cells.font(font);
  resize();
}

function say(message) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function resize() {
  const size = cells.holds(screen.clientWidth, screen.clientHeight).join('x');
  if (size === told) return;
  told = size;
  say({ resize: size.split('x').map(Number) });
}

function show(text, comeBack) {
  banner.hidden = !text;
  what.textContent = text || '';
  again.hidden = !comeBack;
  document.body.classList.toggle('lost', Boolean(text));
}

function connect() {
  clearTimeout(retry);
  if (!token) return show('No token: open the link that `minic-tui web` printed when it was started.', false);
  told = cells.holds(screen.clientWidth, screen.clientHeight).join('x');
  const at = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws?size=${told}`;
  const mine = new WebSocket(at, ['minic', `token.${token}`]);
  let left = null;
  socket = mine;
  mine.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.frame) { cells.apply(message.frame); pause = 500; show(null); }
    else if (message.hello) { document.body.className = message.hello.theme; document.title = `${message.hello.host} – minic-tui`; }
    else if (message.copy !== undefined) copy(message.copy);
    else if (message.left) left = message.left;
  };
  mine.onclose = ({ code, reason }) => {
    if (socket !== mine) return;
    socket = null;
    if (code === 1008) return show(`The server closed the connection: ${reason}.`, true);
    if (left) return show(left.reason || 'You left the screen; containers keep running.', true);
    lost();
  };
}

// The connection broke: wait a little longer each time, and find out whether the door still knows us.
async function lost() {
  show('Connection lost; trying again…', false);
  let status = 0;
  try { status = (await fetch('/healthz', { headers: { Authorization: `Bearer ${token}` } })).status; } catch { /* nobody there yet */ }
  if (status === 401) return show('The server was started anew: open the link that it printed.', false);
  if (status === 403) return show('The server does not go by this name any more.', false);
  retry = setTimeout(connect, pause);
  pause = Math.min(10000, pause * 2);
}

// A laptop that wakes up elsewhere has a socket that nobody answers: the browser knows before the socket does.
window.addEventListener('offline', () => { if (socket) socket.close(); });
window.addEventListener('online', () => { if (!socket && again.hidden) { pause = 500; connect(); } });

again.onclick = () => { show(null); connect(); };
document.addEventListener('visibilitychange', () => { if (!document.hidden && !socket && again.hidden && retry) { pause = 500; connect(); } });

async function copy(text) {
  try { await navigator.clipboard.writeText(text); return; } catch { /* not allowed here: by hand */ }
  typed.value = text;
  typed.select();
  document.execCommand('copy');
  typed.value = '';
  screen.focus();
}

// ---- keys ----

function name(event) {
  const key = event.key;
  if (NAMES[key]) return NAMES[key];
  if (SAME.includes(key) || /^F([1-9]|1[0-2])$/.test(key)) return key;
  return [...key].length === 1 ? key : null;
}

function chord(event) {
  const key = name(event);
  if (!key) return null;
  const letter = [...key].length === 1;
  const graph = event.getModifierState('AltGraph');
  const ctrl = event.ctrlKey && !graph, alt = event.altKey && !graph;
  return `${ctrl ? 'Ctrl-' : ''}${alt ? 'Alt-' : ''}${event.shiftKey && !letter && key !== 'Space' ? 'Shift-' : ''}${key}`;
}

function selected() {
  return String(getSelection()).length > 0;
}

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.metaKey || event.target.tagName === 'BUTTON') return;
  if (!banner.hidden && !again.hidden) { if (event.key === 'Enter') again.click(); return; }
  const { key, ctrlKey: ctrl, shiftKey: shift } = event;
  if (ctrl && (key === '+' || key === '=')) { event.preventDefault(); return scale(1); }
  if (ctrl && key === '-') { event.preventDefault(); return scale(-1); }
  if (ctrl && key === '0') { event.preventDefault(); return scale(0); }
  // the browser's own: copying a selection, pasting, its tools, full screen, its windows
  if (ctrl && !shift && key === 'c' && selected()) return;
  if (ctrl && (key === 'v' || shift) || ['F11', 'F12'].includes(key) || (ctrl && ['t', 'n', 'w'].includes(key))) return;
  // a phone's keyboard says what it typed in other events
  if (key === 'Unidentified' || key === 'Process') return;
  const said = chord(event);
  if (!said) return;
  event.preventDefault();
  say({ key: said });
});

document.addEventListener('paste', (event) => {
  event.preventDefault();
  const text = event.clipboardData.getData('text/plain');
  // in parts: a message is small
  const letters = [...text].slice(0, 60000);
  for (let i = 0; i < letters.length; i += 2000) say({ paste: letters.slice(i, i + 2000).join('') });
});

document.addEventListener('copy', (event) => {
  if (!selected()) return;
  event.preventDefault();
  event.clipboardData.setData('text/plain', String(getSelection()).split('\n').map((line) => line.trimEnd()).join('\n'));
});

typed.addEventListener('beforeinput', (event) => {
  if (event.inputType === 'deleteContentBackward') { event.preventDefault(); say({ key: 'Backspace' }); }
  if (event.inputType === 'insertLineBreak') { event.preventDefault(); say({ key: 'Enter' }); }
});
function typing() {
  for (const c of typed.value) say({ key: c === ' ' ? 'Space' : c });
  typed.value = '';
}
typed.addEventListener('input', (event) => { if (!event.isComposing) typing(); });
typed.addEventListener('compositionend', typing);

$('bar').addEventListener('click', (event) => {
  const { key, do: act } = event.target.dataset;
  if (key) say({ key });
  if (act === 'keyboard') typed.focus();
  if (act === 'larger') scale(1);
  if (act === 'smaller') scale(-1);
  if (act === 'select') { select(!selecting); event.target.classList.toggle('on', selecting); }
  if (!act) screen.focus();
});

// ---- mouse and fingers ----

// Text is selected with Shift held, as in a terminal whose program has the mouse, or after the button Select.
function select(on) {
  selecting = on;
  layer.classList.toggle('selecting', on);
  if (!on) getSelection().removeAllRanges();
}

let held = null, finger = null;
screen.addEventListener('pointerdown', (event) => {
  if (selecting) return;
  layer.classList.toggle('selecting', event.shiftKey);
  if (event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  getSelection().removeAllRanges();
  screen.focus();
  const at = cells.at(event.clientX, event.clientY);
  if (event.pointerType === 'touch') { finger = { at, y: event.clientY, moved: false }; return; }
  screen.setPointerCapture(event.pointerId);
  held = at.join();
  say({ click: at });
});
screen.addEventListener('pointermove', (event) => {
  if (finger) {
    const row = cells.h / cells.ratio, rows = Math.trunc((finger.y - event.clientY) / row);
    if (rows) { finger.moved = true; finger.y -= rows * row; say({ wheel: [...finger.at, Math.sign(rows)] }); }
    return;
  }
  if (held === null) return;
  const at = cells.at(event.clientX, event.clientY);
  if (at.join() === held) return;
  held = at.join();
  say({ drag: at });
});
function up() {
  if (finger && !finger.moved) { say({ click: finger.at }); say('release'); }
  if (held !== null) say('release');
  held = finger = null;
}
screen.addEventListener('pointerup', up);
screen.addEventListener('pointercancel', () => { finger = null; up(); });
screen.addEventListener('contextmenu', (event) => { if (!selecting && !event.shiftKey) event.preventDefault(); });

let turned = 0;
screen.addEventListener('wheel', (event) => {
  if (event.ctrlKey) return;
  event.preventDefault();
  turned += event.deltaMode === 0 ? event.deltaY / 40 : event.deltaY / 3;
  const steps = Math.trunc(turned);
  turned -= steps;
  const at = cells.at(event.clientX, event.clientY);
  for (let i = 0; i < Math.min(Math.abs(steps), 20); i++) say({ wheel: [...at, Math.sign(steps)] });
}, { passive: false });

new ResizeObserver(resize).observe(screen);
window.addEventListener('resize', () => { if ((window.devicePixelRatio || 1) !== cells.ratio) { cells.font(font); told = null; } resize(); });
screen.focus();
connect();
