export { CloseAction, ErrorAction, LanguageClient, State } from 'vscode-languageclient/node';
