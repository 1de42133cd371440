-- The checkout session that was opened last for a customer. The release before neither reads nor writes it: the return to a
-- session that it opened is left to Stripe's events.
ALTER TABLE "stripe_customer" ADD COLUMN "stripe_checkout_id" TEXT;
