-- Why a subscription gives no Pro although its status would: paused collection, no quantity, a payment that was given back.
-- The release before neither reads nor writes these columns: it goes by the status alone, and the first sync of this release
-- puts right what it stored meanwhile.
ALTER TABLE "subscription" ADD COLUMN "withheld" TEXT, ADD COLUMN "withheld_invoice" TEXT;

-- Events about refunds and disputes name a charge and no customer. To the release before such an event is one without a
-- customer: it does nothing, and reconciliation finds the change.
ALTER TABLE "stripe_event" ADD COLUMN "stripe_charge_id" TEXT;
