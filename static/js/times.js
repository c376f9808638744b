// Ages grow while a page is open. The rule is the server's (console/web/times.py).
const units = [[63072000, 31536000, "y"], [86400, 86400, "d"], [3600, 3600, "h"], [60, 60, "m"], [0, 1, "s"]];

// A piece from the stream comes without words: they are put in at once.
function age(moment) {
  const seconds = Math.max(0, Math.floor((Date.now() - moment) / 1000));
  const [, size, unit] = units.find(([least]) => seconds >= least);
  return `${Math.floor(seconds / size)} ${unit}`;
}

function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    if (!/^(\d+ [smhdy])?$/.test(time.textContent)) continue;
    if (!time.title) time.title = new Date(time.dateTime).toLocaleString();
    const now = age(Date.parse(time.dateTime));
    if (now !== time.textContent) time.textContent = now;
  }
}

refresh();
setInterval(refresh, 5000);
document.addEventListener("berth:changed", refresh);
