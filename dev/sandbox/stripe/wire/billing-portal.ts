import type { Metadata, WireObject } from './object.js';

export interface PortalConfiguration extends WireObject {
  object: 'billing_portal.configuration';
  active: boolean;
  application: null;
  business_profile: Record<string, unknown>;
  default_return_url: string | null;
  features: Record<string, unknown>;
  is_default: boolean;
  login_page: { enabled: false; url: null };
  metadata: Metadata;
  name: string | null;
  updated: number;
}

export interface PortalSession extends WireObject {
  object: 'billing_portal.session';
  configuration: string;
  customer: string;
  flow: null;
  locale: null;
  on_behalf_of: null;
  return_url: string | null;
  url: string;
}
