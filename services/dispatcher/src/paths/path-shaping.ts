import { type Policy, pathShaping, type Shaping } from '@penstock/policy';

/** The limits of a path under the policy of the day, resolved once for each. */
export class PathShaping {
  private resolved: { readonly policy: Policy; readonly shaping: Shaping } | undefined;

  constructor(private readonly key: string) {}

  under(policy: Policy): Shaping {
    if (this.resolved?.policy !== policy) this.resolved = { policy, shaping: pathShaping(policy, this.key) };
    return this.resolved.shaping;
  }
}
