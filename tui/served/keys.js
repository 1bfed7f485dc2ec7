// The terminal takes the keys as soon as it stands, so that nobody has to click into it first.
addEventListener("load", () => {
  const waiting = setInterval(() => {
    const keys = document.querySelector(".xterm-helper-textarea");
    if (keys) {
      keys.focus();
      clearInterval(waiting);
    }
  }, 50);
});
