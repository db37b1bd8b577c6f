"use strict";
(() => {
  const root = document.documentElement;
  root.classList.remove("no-script");

  // --- light and dark ---
  const toggle = document.querySelector("button.theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("halfopen-theme");
    } catch {
      return null; // a browser may refuse a file its storage
    }
  };
  const theme = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const show = () => {
    toggle.textContent = theme() === "dark" ? "Light theme" : "Dark theme";
  };
  if (kept() === "dark" || kept() === "light") root.dataset.theme = kept();
  toggle.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("halfopen-theme", root.dataset.theme);
    } catch {
      // then it holds for this page alone
    }
    show();
  });
  dark.addEventListener("change", show);
  show();

  // --- the filter ---
  const form = document.querySelector("form.filter");
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
  }));
  if (form) {
    const shown = form.querySelector(".shown");
    const empty = document.querySelector(".nothing");
    const rank = { high: 3, medium: 2, low: 1 };
    const apply = () => {
      const wanted = new FormData(form);
      const severities = new Set(wanted.getAll("severity"));
      const words = String(wanted.get("text")).toLowerCase().split(/\s+/).filter(Boolean);
      const least = rank[wanted.get("confidence")] ?? 1;
      const [chapter, path, connection] = ["chapter", "path", "connection"].map((name) => wanted.get(name));
      let count = 0;
      for (const { element, text } of findings) {
        const data = element.dataset;
        const fits =
          severities.has(data.severity) &&
          rank[data.confidence] >= least &&
          (!chapter || data.chapter === chapter) &&
          (!path || data.path === path) &&
          (!connection || data.connection === connection) &&
          words.every((word) => text.includes(word));
        element.hidden = !fits;
        if (fits) count += 1;
      }
      shown.textContent = `${count} of ${findings.length} shown`;
      empty.hidden = count > 0;
    };
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    form.querySelector("button.unfold").addEventListener("click", (event) => {
      const open = event.target.getAttribute("aria-pressed") !== "true";
      event.target.setAttribute("aria-pressed", String(open));
      event.target.textContent = open ? "Fold all" : "Unfold all";
      for (const { element } of findings) if (!element.hidden) element.firstElementChild.open = open;
    });
    for (const link of document.querySelectorAll("a[data-connection]")) {
      link.addEventListener("click", () => {
        form.reset();
        form.elements.connection.value = link.dataset.connection;
        apply();
      });
    }
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.matches("input, select, textarea")) return;
      event.preventDefault();
      form.elements.text.focus();
    });
    apply();
  }

  // --- a link to a finding opens it ---
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.classList.contains("finding")) return;
    if (target.hidden) form?.reset();
    target.hidden = false;
    target.firstElementChild.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // --- on paper everything is open ---
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = findings.map(({ element }) => element.firstElementChild).filter((details) => !details.open);
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();
