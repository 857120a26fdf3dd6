import { Controller, type DynamicModule, Get, Inject, Module, Query, UseGuards } from '@nestjs/common';
import { ApiKeyGuard, Scoped } from '@penstock/nest';
import { type AcceptedMail, type ProviderSummary, Sandbox } from '@penstock/testing';

/** A look into the sandbox's mailboxes: what they saw and truly hold. Only there in sandbox mode. */
@Controller('v1/sandbox')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class SandboxController {
  constructor(@Inject(Sandbox) private readonly sandbox: Sandbox) {}

  /** Each provider with what to expect there and the receiver's own counts. */
  @Get('providers')
  providers(): { readonly providers: readonly ProviderSummary[] } {
    return { providers: this.sandbox.summaries() };
  }

  /** Every copy a recipient's mailbox holds. */
  @Get('mailbox')
  mailbox(@Query('recipient') recipient?: string): { readonly mail: readonly AcceptedMail[] } {
    return { mail: recipient === undefined ? [] : this.sandbox.mailFor(recipient) };
  }
}

@Module({})
export class SandboxModule {
  static register(sandbox: Sandbox): DynamicModule {
    return {
      module: SandboxModule,
      controllers: [SandboxController],
      providers: [{ provide: Sandbox, useValue: sandbox }],
    };
  }
}
