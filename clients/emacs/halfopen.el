;;; halfopen.el --- WebSocket findings in Eglot -*- lexical-binding: t -*-

;;; Commentary:
;; Tells Eglot to run `halfopen lsp' for the languages that halfopen reads.

;;; Code:

(require 'eglot)

(add-to-list 'eglot-server-programs
             '((python-mode python-ts-mode
                js-mode js-ts-mode
                typescript-mode typescript-ts-mode tsx-ts-mode)
               . ("halfopen" "lsp")))

(provide 'halfopen)
;;; halfopen.el ends here
