;; The Emacs under test: nothing but what `emacs -Q` has, a server to read its state through, and the page's snippet.
;; The environment says which file to load after this (NIGH_SNIPPET) and where the server listens (NIGH_SOCKET).
(require 'server)
(setq server-socket-dir (file-name-directory (getenv "NIGH_SOCKET"))
      server-name (file-name-nondirectory (getenv "NIGH_SOCKET"))
      native-comp-jit-compilation nil ; there is no C compiler with an unpacked Emacs
      native-comp-enable-subr-trampolines nil
      make-backup-files nil
      auto-save-default nil
      create-lockfiles nil
      indent-tabs-mode nil
      inhibit-startup-screen t)
(set-file-modes server-socket-dir #o700)
(dolist (folder (file-expand-wildcards (concat (getenv "NIGH_ELPA") "/*")))
  (add-to-list 'load-path folder)
  (dolist (file (file-expand-wildcards (concat folder "/*-autoloads.el")))
    (load file nil t)))
(server-start)
(load (getenv "NIGH_SNIPPET") nil t)
