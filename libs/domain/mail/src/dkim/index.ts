export * from './header-block.ts';
export * from './relaxed-body.ts';
export * from './signature-field.ts';
export * from './signed-header.ts';
