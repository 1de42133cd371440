import type { Route, SandboxContext } from '../context.js';
import { catalogRoutes } from './catalog.js';
import { checkoutSessionRoutes } from './checkout-sessions.js';
import { customerRoutes } from './customers.js';
import { eventRoutes } from './events.js';
import { invoiceRoutes } from './invoices.js';
import { paymentRoutes } from './payments.js';
import { portalRoutes } from './portal.js';
import { scheduleRoutes } from './subscription-schedules.js';
import { subscriptionRoutes } from './subscriptions.js';

export function apiRoutes(context: SandboxContext): Route[] {
  return [
    ...customerRoutes(context),
    ...catalogRoutes(context),
    ...checkoutSessionRoutes(context),
    ...subscriptionRoutes(context),
    ...scheduleRoutes(context),
    ...invoiceRoutes(context),
    ...paymentRoutes(context),
    ...portalRoutes(context),
    ...eventRoutes(context),
  ];
}
