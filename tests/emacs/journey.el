;;; journey.el --- what a person sees of a finding in Eglot -*- lexical-binding: t -*-
;; Called with the file to open. Prints one JSON object; every wait is for something that arrives.

(require 'cl-lib)
(require 'json)
(setq eglot-sync-connect 60
      enable-local-variables nil
      vc-handled-backends '(Git))
(package-initialize)
(require 'halfopen)

(defun journey-wait (condition)
  "Let Emacs handle what arrives until CONDITION holds, for a minute at most."
  (let ((end (+ (float-time) 60)))
    (while (not (or (funcall condition) (> (float-time) end)))
      (accept-process-output nil 0.1))
    (or (funcall condition) (error "Nothing came within a minute"))))

(defun journey-findings ()
  "The findings that Flymake shows in this buffer."
  (cl-remove-if-not (lambda (each) (string-match-p "WS1B" (flymake-diagnostic-text each)))
                    (flymake-diagnostics)))

(find-file (car command-line-args-left))
(setq command-line-args-left nil)
(apply #'eglot--connect (eglot--guess-contact))
(journey-wait (lambda () (journey-findings)))
(let* ((finding (car (journey-findings)))
       (text (flymake-diagnostic-text finding))
       (server (eglot--current-server-or-lose)))
  (goto-char (flymake-diagnostic-beg finding))
  (let* ((hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams)))
         (actions (eglot-code-actions (flymake-diagnostic-beg finding) (flymake-diagnostic-end finding)))
         (action (cl-find-if (lambda (each) (equal (plist-get each :kind) "quickfix")) actions)))
    (when (plist-get action :data)
      (setq action (jsonrpc-request server :codeAction/resolve action)))
    (eglot--apply-workspace-edit (plist-get action :edit))
    (save-buffer)
    (journey-wait (lambda () (null (journey-findings))))
    (princ (json-encode `((finding . ,text)
                          (hover . ,(plist-get (plist-get hover :contents) :value))
                          (fix . ,(plist-get action :title)))))
    (eglot-shutdown server)))
;;; journey.el ends here
