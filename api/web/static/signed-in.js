// The window in which one signed in again: the page that waits for it goes on, and this one is not needed any more.
(() => {
  new BroadcastChannel("desk:session").postMessage("in");
  setTimeout(() => window.close(), 300);
})();
